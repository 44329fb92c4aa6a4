class Xxhash < Formula
  desc "Checksums at the speed of memory, for files and in C"
  homepage "https://xxhash.com/"
  url "https://github.com/Cyan4973/xxHash/archive/refs/tags/v0.8.1.tar.gz"
  sha256 "3bb6b7d6f30c591dd65aaaff1c8b7a5b94d81687998ca9400082c739a690436c"
  # The library is BSD, the command xxhsum is GPL.
  license all_of: ["BSD-2-Clause", "GPL-2.0-or-later"]

  def install
    system "make", "install", "PREFIX=#{prefix}", "MANDIR=#{man1}"
  end

  test do
    (testpath/"empty").write ""
    assert_match "ef46db3751d8e999", shell_output("#{bin}/xxh64sum empty")

    (testpath/"sum.c").write <<~C
      #include <stdio.h>
      #include <xxhash.h>
      int main(void) {
        printf("%u %016llx\\n", XXH_versionNumber(), (unsigned long long)XXH64("", 0, 0));
        return 0;
      }
    C
    system ENV.cc, "sum.c", "-o", "sum", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-lxxhash"
    assert_equal "801 ef46db3751d8e999\n", shell_output("./sum")
  end
end
