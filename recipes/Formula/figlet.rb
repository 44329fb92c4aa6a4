class Figlet < Formula
  desc "Draws large letters out of small ones"
  homepage "http://www.figlet.org/"
  url "http://ftp.figlet.org/pub/figlet/program/unix/figlet-2.2.5.tar.gz"
  sha256 "bf88c40fd0f077dab2712f54f8d39ac952e4e9f2e1882f1195be9e5e4257417d"
  license "BSD-3-Clause"

  def install
    # The program knows its fonts by this path: a string within the binary.
    system "make", "install", "CC=#{ENV.cc}", "LD=#{ENV.cc}", "prefix=#{prefix}", "MANDIR=#{man}",
           "DEFAULTFONTDIR=#{pkgshare}"
  end

  test do
    assert_equal pkgshare.to_s, shell_output("#{bin}/figlet -I2").strip
    assert_match(/^ \\_\/ *$/, shell_output("#{bin}/figlet -f small v"))
  end
end
