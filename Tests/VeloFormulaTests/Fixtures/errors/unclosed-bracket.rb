class Demo < Formula
  depends_on "a" => [:build, :test
  depends_on "b"

  def install
    system("make", "install"
    system "true"
  end
end
