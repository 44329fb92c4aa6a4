class Demo < Formula
  desc "A demo
  homepage "https://demo.example/"
  url "https://demo.example/demo-1.0.tar.gz"
  sha256 "0123"

  def install
    system "make", "install"
  end
end
