class Demo < Formula
  desc "A demo"

  def install
    system "make", "install"

  test do
    system "true"
  end
end
