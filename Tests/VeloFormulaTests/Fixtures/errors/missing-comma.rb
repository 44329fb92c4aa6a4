class Demo < Formula
  def install
    system "make" prefix, "x"
    foo(1 2, 3)
    foo(
      1,
      2 3,
      4,
    )
    system "true"
  end
end
