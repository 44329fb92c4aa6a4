class Demo < Formula
  desc "A demo"

  def install
    if OS.mac?
      system "make"
    system "make", "install"
  end

  test do
    system "true"
  end
end
