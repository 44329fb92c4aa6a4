class Demo < Formula
  args = %z[a b]
  list = %
  regex(/a/xyz)
end
