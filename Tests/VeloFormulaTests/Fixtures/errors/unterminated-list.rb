class Demo < Formula
  def install
    args = %w[
      --one
      --two

    system "./configure", *args
  end
end
