def a
end
def a; end
def a() end
def a(b) b end
def a(b, c = 1, *d, e, f:, g: 2, **h, &i)
  b
end
def a b, c = 1, *d
  c
end
def a b:, c: 1
  b
end
def a(*) end
def a(**) end
def a(...) = b(...)
def a(b, ...)
  c(b, ...)
end
def a((b, c), d) = b
def a(b: c, d: e(1)) = b
def a? = true
def a! = false
def a(b) = b + 1
def a(b) = call b
def a=(b)
  @a = b
end
def self.a
end
def self.a=(b)
  b
end
def A.b = 1
def a.b = 1
def ==(other) = true
def <=>(other)
  0
end
def [](i) = i
def []=(i, v)
  v
end
def +(b) = b
def -@ = 1
def +@ = 1
def ! = 1
def `(x) = x
def =~(x) = x
def class = 1
def self.class = 1
def if(a) = a
private def a(b)
  b
end
def a(b,
      c)
  b
end
def a(
  b:,
  c: 1
)
  b
end
def a
  x = 1
  x /2
end
x /2/
def a = b rescue c
def a
  return
end
def a
  return 1
end
def a
  return 1, 2
end
def a
  return *b
end
def a
  return if b
end
def a
  return { a: 1 }
end
alias a b
alias a= b=
alias :a :b
alias + -
alias $new $old
alias if unless
undef a
undef a, :b, c=
