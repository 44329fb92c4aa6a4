class Lzo < Formula
  desc "Compression library that puts decompression speed first"
  homepage "https://www.oberhumer.com/opensource/lzo/"
  url "https://www.oberhumer.com/opensource/lzo/download/lzo-2.10.tar.gz"
  sha256 "c0f892943208266f9b6543b3ae308fab6284c5c90e627931446fb49b4221a072"
  license "GPL-2.0-or-later"

  def install
    system "./configure", *std_configure_args, "--enable-shared", "--disable-static"
    system "make", "install"
  end

  test do
    (testpath/"round.c").write <<~C
      #include <lzo/lzo1x.h>
      #include <stdio.h>
      #include <string.h>

      static unsigned char plain[4096], packed[8192], again[4096], work[LZO1X_1_MEM_COMPRESS];

      int main(void) {
        lzo_uint size = 0, length = sizeof again;
        memset(plain, 'v', sizeof plain);
        if (lzo_init() != LZO_E_OK) return 1;
        if (lzo1x_1_compress(plain, sizeof plain, packed, &size, work) != LZO_E_OK) return 2;
        if (lzo1x_decompress_safe(packed, size, again, &length, NULL) != LZO_E_OK) return 3;
        if (length != sizeof plain || memcmp(plain, again, length)) return 4;
        printf("%s\\n", size < 100 ? "small" : "large");
        return 0;
      }
    C
    system ENV.cc, "round.c", "-o", "round", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-llzo2"
    assert_equal "small\n", shell_output("./round")
  end
end
