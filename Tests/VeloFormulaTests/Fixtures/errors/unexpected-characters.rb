class Demo < Formula
  desc “A demo”
  x = 1  + 2
  y = 3 \ 4
end
