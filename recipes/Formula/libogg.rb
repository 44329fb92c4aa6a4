class Libogg < Formula
  desc "Reads and writes the Ogg container format"
  homepage "https://www.xiph.org/ogg/"
  url "https://downloads.xiph.org/releases/ogg/libogg-1.3.5.tar.xz"
  sha256 "c4d91be36fc8e54deae7575241e03f4211eb102afb3fc0775fbbc1b740016705"
  license "BSD-3-Clause"

  def install
    system "./configure", *std_configure_args, "--disable-static"
    system "make", "install"
  end

  test do
    (testpath/"round.c").write <<~C
      #include <ogg/ogg.h>
      #include <stdio.h>
      #include <string.h>

      int main(void) {
        ogg_stream_state writer, reader;
        ogg_sync_state sync;
        ogg_page page;
        ogg_packet in = {0}, out;

        in.packet = (unsigned char *)"one packet";
        in.bytes = 10;
        in.b_o_s = in.e_o_s = 1;
        ogg_stream_init(&writer, 7);
        ogg_stream_packetin(&writer, &in);
        if (!ogg_stream_flush(&writer, &page)) return 1;

        ogg_sync_init(&sync);
        char *buffer = ogg_sync_buffer(&sync, page.header_len + page.body_len);
        memcpy(buffer, page.header, page.header_len);
        memcpy(buffer + page.header_len, page.body, page.body_len);
        ogg_sync_wrote(&sync, page.header_len + page.body_len);
        if (ogg_sync_pageout(&sync, &page) != 1) return 2;

        ogg_stream_init(&reader, ogg_page_serialno(&page));
        ogg_stream_pagein(&reader, &page);
        if (ogg_stream_packetout(&reader, &out) != 1) return 3;
        printf("%d: %.*s\\n", ogg_page_serialno(&page), (int)out.bytes, out.packet);
        return 0;
      }
    C
    system ENV.cc, "round.c", "-o", "round", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-logg"
    assert_equal "7: one packet\n", shell_output("./round")
  end
end
