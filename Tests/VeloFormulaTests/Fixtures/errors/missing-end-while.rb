class Demo < Formula
  def install
    while x do
      y
    [1].each do |z|
      z
    end
  end
end
