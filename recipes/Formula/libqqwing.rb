class Libqqwing < Formula
  desc "Library that generates, solves and rates Sudoku puzzles"
  homepage "https://qqwing.com/"
  url "https://qqwing.com/qqwing-1.3.4.tar.gz"
  sha256 "1753736c31feea0085f5cfac33143743204f8a7e66b81ccd17e249ecafba802f"
  license "GPL-2.0-or-later"

  def install
    system "./configure", *std_configure_args, "--disable-static"
    # The program is a formula of its own, qqwing.
    system "make", "install-libLTLIBRARIES", "install-includeHEADERS", "install-dist_pkgconfigDATA"
  end

  test do
    (testpath/"solve.cpp").write <<~CPP
      #include <qqwing.hpp>
      #include <iostream>

      int main() {
        int puzzle[81] = {0};
        puzzle[0] = 5;
        qqwing::SudokuBoard board;
        if (!board.setPuzzle(puzzle) || !board.solve()) return 1;
        std::cout << board.getSolution()[0] << std::endl;
        return 0;
      }
    CPP
    system ENV.cxx, "solve.cpp", "-o", "solve", "-I#{include}", "-L#{lib}", "-Wl,-rpath,#{lib}", "-lqqwing"
    assert_equal "5\n", shell_output("./solve")
  end
end
