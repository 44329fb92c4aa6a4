class Several < Formula
  desc "Three mistakes
  url "https://example.org/several-1.0.tar.gz"
  sha256 "0123456789abcdef"

  def install
    system "make", [
    system "make", "install"
  end
end
