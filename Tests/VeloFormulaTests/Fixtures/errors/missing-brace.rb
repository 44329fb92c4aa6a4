class Demo < Formula
  def install
    list.each { |x|
      system x

    system "y"
  end

  test do
    h = { a: 1, b: 2
    system h
  end
end
