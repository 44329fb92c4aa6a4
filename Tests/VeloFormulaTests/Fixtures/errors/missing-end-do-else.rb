class Demo < Formula
  def install
    if OS.mac?
      inreplace "Makefile" do |s|
        s.gsub! "a", "b"
    else
      system "make"
    end
  end
end
