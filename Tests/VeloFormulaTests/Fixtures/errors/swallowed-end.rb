class Demo < Formula
  def install
    system "make", "install" \
  end

  def other
    foo.
  end

  test do
    system "x",
  end
end
