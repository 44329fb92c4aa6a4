class Demo < Formula
  def install
    system "make", "PREFIX=#{prefix"
    system "make", "install"
  end
end
