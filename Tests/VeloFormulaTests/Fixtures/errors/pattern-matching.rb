class Demo < Formula
  def install
    case version
    in Integer => x then system "a"
    in { major: 3 }
      system "b"
    else
      system "c"
    end
  end
end
