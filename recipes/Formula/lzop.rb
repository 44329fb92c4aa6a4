class Lzop < Formula
  desc "File compressor in the manner of gzip, several times as fast"
  homepage "https://www.lzop.org/"
  url "https://www.lzop.org/download/lzop-1.04.tar.gz"
  sha256 "7e72b62a8a60aff5200a047eea0773a8fb205caf7acbe1774d95147f305a2f41"
  license "GPL-2.0-or-later"

  depends_on "lzo"

  def install
    system "./configure", *std_configure_args
    # Stripped: what the debugger would read names the folder of lzo's headers.
    system "make", "install-strip"
  end

  test do
    text = "the same line over and over\n" * 200
    (testpath/"lines").write text
    system bin/"lzop", "lines"
    assert_predicate testpath/"lines.lzo", :exist?
    assert_operator (testpath/"lines.lzo").size, :<, 400
    assert_equal text, shell_output("#{bin}/lzop -dc lines.lzo")
  end
end
