class Demo < Formula
  x = a ? b
  y = a ? b c : d
  z = [1, 2 3]
  w = { a: 1, "b" 2 }
  v = ->(a, { a }
  u = foo(a, b: )
  t = a..
end
