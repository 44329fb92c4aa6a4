class Libvorbis < Formula
  desc "Encodes and decodes Vorbis audio"
  homepage "https://xiph.org/vorbis/"
  url "https://downloads.xiph.org/releases/vorbis/libvorbis-1.3.7.tar.gz"
  sha256 "0e982409a9c3fc82ee06e08205b1355e5c6aa4c36bca58146ef399621b0ce5ab"
  license "BSD-3-Clause"

  depends_on "pkg-config" => [:build, :test]
  depends_on "libogg"

  def install
    # configure asks pkg-config for libogg.
    system "./configure", *std_configure_args, "--disable-static", "--disable-docs", "--disable-examples"
    system "make", "install"
  end

  test do
    (testpath/"setup.c").write <<~C
      #include <stdio.h>
      #include <vorbis/vorbisenc.h>

      int main(void) {
        vorbis_info info;
        vorbis_info_init(&info);
        if (vorbis_encode_init_vbr(&info, 2, 44100, 0.4)) return 1;
        printf("%d channels at %ld Hz, %s\\n", info.channels, info.rate, vorbis_version_string());
        vorbis_info_clear(&info);
        return 0;
      }
    C
    flags = shell_output("pkg-config --cflags --libs vorbisenc vorbis").split
    system ENV.cc, "setup.c", "-o", "setup", *flags, "-Wl,-rpath,#{lib}"
    assert_match(/\A2 channels at 44100 Hz, .*Vorbis #{Regexp.escape(version.to_s)}$/, shell_output("./setup"))
  end
end
