class Qqwing < Formula
  desc "Prints Sudoku puzzles and their solutions"
  homepage "https://qqwing.com/"
  url "https://qqwing.com/qqwing-1.3.4.tar.gz"
  sha256 "1753736c31feea0085f5cfac33143743204f8a7e66b81ccd17e249ecafba802f"
  license "GPL-2.0-or-later"

  depends_on "libqqwing"

  def install
    system "./configure", *std_configure_args
    # The program alone, with the library that is installed in place of the one in this archive.
    system "make", "qqwing", "qqwing_LDADD=-lqqwing", "qqwing_DEPENDENCIES="
    bin.install "qqwing"
    man1.install "qqwing.1"
  end

  test do
    puzzle = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    assert_equal solution, pipe_output("#{bin}/qqwing --solve --one-line", puzzle, 0).strip

    # Every digit that a generated puzzle gives is one of 1 to 9.
    assert_match(/\A[1-9.]{81}\Z/, shell_output("#{bin}/qqwing --generate --one-line").strip)
  end
end
