class Demo < Formula
  depends_on "a" => [:build]]
  system("a"))
  depends_on "b" }
end
