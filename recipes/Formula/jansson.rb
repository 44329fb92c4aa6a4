class Jansson < Formula
  desc "Reads, changes and writes JSON from C"
  homepage "https://jansson.readthedocs.io/"
  url "https://github.com/akheron/jansson/archive/refs/tags/v2.14.tar.gz"
  sha256 "c739578bf6b764aa0752db9a2fdadcfe921c78f1228c7ec0bb47fa804c55d17b"
  license "MIT"

  depends_on "cmake" => :build
  depends_on "pkg-config" => :test

  def install
    args = %w[
      -DJANSSON_BUILD_SHARED_LIBS=ON
      -DJANSSON_BUILD_DOCS=OFF
      -DJANSSON_EXAMPLES=OFF
      -DJANSSON_WITHOUT_TESTS=ON
    ]
    system "cmake", "-S", ".", "-B", "build", *std_cmake_args, *args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"pick.c").write <<~C
      #include <jansson.h>
      #include <stdio.h>

      int main(void) {
        json_error_t error;
        json_t *root = json_loads("{\\"names\\": [\\"velo\\", \\"velod\\"]}", 0, &error);
        if (!root) return 1;
        puts(json_string_value(json_array_get(json_object_get(root, "names"), 1)));
        json_decref(root);
        return 0;
      }
    C
    flags = shell_output("pkg-config --cflags --libs jansson").split
    system ENV.cc, "pick.c", "-o", "pick", *flags, "-Wl,-rpath,#{lib}"
    assert_equal "velod\n", shell_output("./pick")
  end
end
