class RemovedStanza < Formula
  desc "A formula with a mistake"
  homepage "https://example.org/"
  url "https://example.org/removed-stanza-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  plist_options startup: true
  depends_on "zlib"

  def install
    system "make", "install"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
