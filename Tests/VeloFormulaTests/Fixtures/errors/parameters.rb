class Demo < Formula
  def a(1)
  end

  def b(c, "d")
  end

  each { |a, 1| a }
  each do |a, b
    a
  end
end
