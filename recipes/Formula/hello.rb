class Hello < Formula
  desc "GNU program that greets the world and shows how a package is made"
  homepage "https://www.gnu.org/software/hello/"
  url "https://ftp.gnu.org/gnu/hello/hello-2.10.tar.gz"
  sha256 "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b"
  license "GPL-3.0-or-later"

  def install
    # Translations would want gettext on macOS.
    system "./configure", *std_configure_args, "--disable-nls"
    system "make", "install"
  end

  test do
    assert_equal "Hello, world!\n", shell_output("#{bin}/hello")
    assert_equal "Good morning\n", shell_output("#{bin}/hello --greeting='Good morning'")
  end
end
