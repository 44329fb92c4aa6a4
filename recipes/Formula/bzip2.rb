class Bzip2 < Formula
  desc "Block-sorting file compressor and its library"
  homepage "https://sourceware.org/bzip2/"
  url "https://sourceware.org/pub/bzip2/bzip2-1.0.8.tar.gz"
  sha256 "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269"
  license "bzip2-1.0.6"

  def install
    inreplace "Makefile" do |s|
      s.gsub! "$(PREFIX)/man", "$(PREFIX)/share/man"
      # The links stay within bin, so that the keg can be moved.
      s.gsub! "ln -s -f $(PREFIX)/bin/", "ln -s -f "
    end

    if OS.linux?
      # The shared library has its own makefile, whose objects are not those of the static one.
      system "make", "-f", "Makefile-libbz2_so"
      lib.install "libbz2.so.#{version}"
      lib.install_symlink "libbz2.so.#{version}" => "libbz2.so.#{version.major_minor}"
      lib.install_symlink "libbz2.so.#{version}" => "libbz2.so"
      system "make", "clean"
    end
    system "make", "install", "PREFIX=#{prefix}"

    (lib/"pkgconfig/bzip2.pc").write <<~PC
      prefix=#{prefix}
      libdir=${prefix}/lib
      includedir=${prefix}/include

      Name: bzip2
      Description: #{desc}
      Version: #{version}
      Libs: -L${libdir} -lbz2
      Cflags: -I${includedir}
    PC
  end

  test do
    (testpath/"note").write "a note worth keeping\n"
    system bin/"bzip2", "note"
    refute_predicate testpath/"note", :exist?
    assert_equal "a note worth keeping\n", shell_output("#{bin}/bzcat note.bz2")
    assert_match "worth", shell_output("#{bin}/bzgrep worth note.bz2")

    (testpath/"version.c").write <<~C
      #include <bzlib.h>
      #include <stdio.h>
      int main(void) { return puts(BZ2_bzlibVersion()) < 0; }
    C
    system ENV.cc, "version.c", "-o", "version", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-lbz2"
    assert_match(/^#{Regexp.escape(version.to_s)},/, shell_output("./version"))
  end
end
