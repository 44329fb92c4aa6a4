class DuplicateResource < Formula
  desc "A formula with a mistake"
  homepage "https://example.org/"
  url "https://example.org/duplicate-resource-1.0.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  stable do
    resource "a" do
      url "https://example.org/a-1.0.tar.gz"
    end
    resource "a" do
      url "https://example.org/a-2.0.tar.gz"
    end
  end
  depends_on "zlib"

  def install
    system "make", "install"
  end

  test do
    assert_match "1.0", shell_output("#{bin}/x --version")
  end
end
