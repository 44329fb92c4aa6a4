class Demo < Formula
  depends_on "a" => [:build, :test)
  depends_on "b"
end
