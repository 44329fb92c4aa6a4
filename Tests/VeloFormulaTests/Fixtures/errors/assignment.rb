class Demo < Formula
  1 = 2
  foo(1) = 3
  "a" += "b"
  nil ||= 3
end
