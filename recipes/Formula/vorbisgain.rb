class Vorbisgain < Formula
  desc "Evens out the loudness of Ogg Vorbis files"
  homepage "https://sjeng.org/vorbisgain.html"
  url "https://sjeng.org/ftp/vorbis/vorbisgain-0.37.tar.gz"
  sha256 "dd6db051cad972bcac25d47b4a9e40e217bb548a1f16328eddbb4e66613530ec"
  license "LGPL-2.1-only"

  depends_on "libogg"
  depends_on "libvorbis"

  def install
    system "./configure", "--prefix=#{prefix}", "--mandir=#{man}"
    system "make", "install"
  end

  test do
    # Half a second of a quiet square wave, encoded here so that there is something to measure.
    (testpath/"tone.c").write <<~C
      #include <stdio.h>
      #include <vorbis/vorbisenc.h>

      static void put(ogg_page *page) {
        fwrite(page->header, 1, page->header_len, stdout);
        fwrite(page->body, 1, page->body_len, stdout);
      }

      int main(void) {
        vorbis_info info;
        vorbis_comment comment;
        vorbis_dsp_state dsp;
        vorbis_block block;
        ogg_stream_state stream;
        ogg_packet packet, more[2];
        ogg_page page;
        int i, ended = 0;

        vorbis_info_init(&info);
        if (vorbis_encode_init_vbr(&info, 1, 44100, 0.1)) return 1;
        vorbis_comment_init(&comment);
        vorbis_analysis_init(&dsp, &info);
        vorbis_block_init(&dsp, &block);
        ogg_stream_init(&stream, 1);
        vorbis_analysis_headerout(&dsp, &comment, &packet, &more[0], &more[1]);
        ogg_stream_packetin(&stream, &packet);
        ogg_stream_packetin(&stream, &more[0]);
        ogg_stream_packetin(&stream, &more[1]);
        while (ogg_stream_flush(&stream, &page)) put(&page);

        float *samples = vorbis_analysis_buffer(&dsp, 22050)[0];
        for (i = 0; i < 22050; i++) samples[i] = (i / 50) % 2 ? 0.05f : -0.05f;
        vorbis_analysis_wrote(&dsp, 22050);
        vorbis_analysis_wrote(&dsp, 0);
        while (!ended && vorbis_analysis_blockout(&dsp, &block) == 1) {
          vorbis_analysis(&block, NULL);
          vorbis_bitrate_addblock(&block);
          while (vorbis_bitrate_flushpacket(&dsp, &packet)) {
            ogg_stream_packetin(&stream, &packet);
            while (!ended && ogg_stream_pageout(&stream, &page)) {
              put(&page);
              ended = ogg_page_eos(&page);
            }
          }
        }
        return 0;
      }
    C
    vorbis = Formula["libvorbis"]
    ogg = Formula["libogg"]
    system ENV.cc, "tone.c", "-o", "tone",
           "-I#{vorbis.opt_include}", "-L#{vorbis.opt_lib}", "-Wl,-rpath,#{vorbis.opt_lib}",
           "-I#{ogg.opt_include}", "-L#{ogg.opt_lib}", "-Wl,-rpath,#{ogg.opt_lib}",
           "-lvorbisenc", "-lvorbis", "-logg", "-lm"
    system "./tone > tone.ogg"

    assert_match "Display", shell_output("#{bin}/vorbisgain --help 2>&1")
    system bin/"vorbisgain", "tone.ogg"
    assert_match "REPLAYGAIN_TRACK_GAIN=", (testpath/"tone.ogg").binread
  end
end
