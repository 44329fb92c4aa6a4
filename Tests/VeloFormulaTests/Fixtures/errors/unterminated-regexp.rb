class Demo < Formula
  livecheck do
    url :stable
    regex(/v?(\d+)i)
  end

  def install
  end
end
