require "net/http"

class NetHttp < Formula
  desc "A formula with a mistake"
  homepage "https://example.org/"
  url "https://example.org/net-http-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  version Net::HTTP.get("example.org", "/version")
  depends_on "zlib"

  def install
    system "make"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
