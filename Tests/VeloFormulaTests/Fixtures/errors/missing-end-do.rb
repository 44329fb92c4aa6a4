class Demo < Formula
  on_linux do
    depends_on "a"

  def install
    if build.head?
      system "autoreconf"
    else
      system "make"
    end
  end
end
