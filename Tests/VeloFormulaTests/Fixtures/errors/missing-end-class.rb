class Demo < Formula
  desc "A demo"
  def install
  end
