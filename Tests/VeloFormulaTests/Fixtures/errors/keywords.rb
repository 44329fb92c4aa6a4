class Demo < Formula
  def install
    if x = 1 then y else z
    elsif w
    end
  end

  when 1

  def
  end

  class lower
  end

  alias 1 2
  depend_on "a" =>
end
