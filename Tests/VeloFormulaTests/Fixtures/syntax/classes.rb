class A
end
class A; end
class A < B
  c
end
class A < B::C; end
class A::B < ::C
end
class ::A
end
class A < Struct.new(:a, :b)
  def c = 1
end
class << self
  a
end
class << a.b; end
module A
  module B::C
  end
end
class A < B
  X = 1
  attr_reader :x
  include C
  private
  def d
  end
  class E < StandardError; end
end
x = Class.new(A) do
  def b = 1
end
A = Struct.new(:b) do
end
__method__
__dir__
__LINE__
