class UnclosedHeredoc < Formula
  desc "A formula with a mistake"
  homepage "https://example.org/"
  url "https://example.org/unclosed-heredoc-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

  depends_on "zlib"

  def install
    (bin/"x").write <<~EOS
      text
    system "make"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
