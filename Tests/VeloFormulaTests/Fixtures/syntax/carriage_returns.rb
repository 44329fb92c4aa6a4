a = 1
b "x
y"
c <<~EOS
  text
    more
EOS
d \
  e
%w[a
b]
f
  .g
