class Demo < Formula
  patch :DATA
end

__END__
diff --git a/Makefile b/Makefile
--- a/Makefile
+++ b/Makefile
@@ -1 +1 @@
-a "quote
+b #{not} code
