class Demo < Formula
  def install
    x = = 3
    y = 1 +
  end

  else

  def 9foo
  end

  desc => "x"
end
