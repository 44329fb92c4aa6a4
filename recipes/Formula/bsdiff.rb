class Bsdiff < Formula
  desc "Small patches between two versions of a binary file"
  homepage "https://www.daemonology.net/bsdiff/"
  url "https://www.daemonology.net/bsdiff/bsdiff-4.3.tar.gz"
  sha256 "18821588b2dc5bf159aa37d3bcb7b885d85ffd1e19f23a0c57a58723fea85f48"
  license "BSD-2-Clause"

  depends_on "pkg-config" => :build
  depends_on "bzip2"

  # The makefile for GNU make, and lengths in a patch that bspatch must not believe (CVE-2014-9862).
  patch :DATA

  def install
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    (testpath/"old").write "velocity " * 500
    (testpath/"new").write "velocity " * 400 + "and more " * 20
    system bin/"bsdiff", "old", "new", "patch"
    system bin/"bspatch", "old", "again", "patch"
    assert_equal (testpath/"new").read, (testpath/"again").read
    assert_operator (testpath/"patch").size, :<, 400

    # Its first length is -4 GiB, of which 32 bits look harmless.
    evil = "QlNESUZGNDAuAAAAAAAAAA4AAAAAAAAABAAAAAAAAABCWmg5MUFZJlNZTFyVGgAAAEBAZAhAACAAMM0AlPU9RMhIcni7kinC" \
           "hIJi5KjQQlpoORdyRThQkAAAAABCWmg5MUFZJlNZV+M1xwAAAAGAAiQBACAAIZpoM00yvF3JFOFCQV+M1xw="
    (testpath/"evil").binwrite pipe_output("base64 -d", evil, 0)
    assert_match "Corrupt patch", shell_output("#{bin}/bspatch old again evil 2>&1", 1)
  end
end

__END__
--- a/Makefile
+++ b/Makefile
@@ -1,6 +1,8 @@
-CFLAGS		+=	-O3 -lbz2
+CFLAGS		+=	-O3 $(shell pkg-config --cflags bzip2)
+LDLIBS		+=	$(shell pkg-config --libs bzip2)
 
 PREFIX		?=	/usr/local
+INSTALL		?=	install
 INSTALL_PROGRAM	?=	${INSTALL} -c -s -m 555
 INSTALL_MAN	?=	${INSTALL} -c -m 444
 
@@ -8,8 +10,7 @@
 bsdiff:		bsdiff.c
 bspatch:	bspatch.c
 
-install:
+install:	all
+	${INSTALL} -d ${PREFIX}/bin ${PREFIX}/share/man/man1
 	${INSTALL_PROGRAM} bsdiff bspatch ${PREFIX}/bin
-.ifndef WITHOUT_MAN
-	${INSTALL_MAN} bsdiff.1 bspatch.1 ${PREFIX}/man/man1
-.endif
+	${INSTALL_MAN} bsdiff.1 bspatch.1 ${PREFIX}/share/man/man1
--- a/bspatch.c
+++ b/bspatch.c
@@ -151,8 +151,8 @@
 			ctrl[i]=offtin(buf);
 		};
 
-		/* Sanity-check */
-		if(newpos+ctrl[0]>newsize)
+		/* Sanity-check: a length that overflows or is negative would write outside new */
+		if((ctrl[0]<0) || (ctrl[0]>newsize-newpos))
 			errx(1,"Corrupt patch\n");
 
 		/* Read diff string */
@@ -170,8 +170,8 @@
 		newpos+=ctrl[0];
 		oldpos+=ctrl[0];
 
-		/* Sanity-check */
-		if(newpos+ctrl[1]>newsize)
+		/* Sanity-check, likewise */
+		if((ctrl[1]<0) || (ctrl[1]>newsize-newpos))
 			errx(1,"Corrupt patch\n");
 
 		/* Read extra string */
