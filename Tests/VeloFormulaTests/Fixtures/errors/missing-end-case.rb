class Demo < Formula
  def install
    case version
    when 1 then system "a"
    when 2
      if head?
        system "b"
    else
      system "c"
    end
  end
end
