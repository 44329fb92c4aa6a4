class RaiseInClassBody < Formula
  desc "A formula with a mistake"
  homepage "https://example.org/"
  url "https://example.org/raise-in-class-body-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  raise ArgumentError, "not today" if version.to_s == "1.0"
  depends_on "zlib"

  def install
    system "make", "install"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
