class InvalidUtf8 < Formula
  desc "A formula with a ÿþ mistake"
  homepage "https://example.org/"
  url "https://example.org/invalid-utf8-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  license "MIT"
  depends_on "zlib"

  def install
    system "make"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
