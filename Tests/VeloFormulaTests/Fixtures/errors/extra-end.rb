class Demo < Formula
  def install
    system "make"
    end
  end

  test do
    system "true"
  end
end
