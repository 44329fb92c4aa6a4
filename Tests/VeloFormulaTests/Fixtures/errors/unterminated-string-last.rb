class Demo < Formula
  desc 'A demo'
  homepage 'https://demo.example/
  def install
    system "make"
  end
end
