//===- ImportONNXTest.cpp - tests of ccq/Importer/ONNX/ImportONNX.h -------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Importer/ONNX/ImportONNX.h"

#include <gtest/gtest.h>

using namespace mlir::ccq;
using ccq::ErrorKind;

TEST(ImportONNXTest, DimensionsAreSplitAtTheLastEqualsSign) {
  auto dimension = parseDimensionSize("a=b=12");
  ASSERT_TRUE(bool(dimension));
  EXPECT_EQ(dimension->name, "a=b");
  EXPECT_EQ(dimension->size, 12);
}

TEST(ImportONNXTest, BrokenDimensionsAreUsageErrors) {
  for (const char *text : {"", "n", "=3", "n=", "n=-1", "n=x", "n=1.5"}) {
    auto dimension = parseDimensionSize(text);
    ASSERT_FALSE(bool(dimension)) << text;
    EXPECT_EQ(dimension.error().kind, ErrorKind::Usage);
  }
}

TEST(ImportONNXTest, AMissingFileIsMalformedInput) {
  mlir::MLIRContext context;
  ImportResult result = importONNX("/nonexistent/model.onnx", {}, context);
  EXPECT_FALSE(bool(result.module));
  EXPECT_EQ(result.kind(), ErrorKind::MalformedInput);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].format(),
            "/nonexistent/model.onnx: error: cannot open: No such file or "
            "directory\n");
}

TEST(ImportONNXTest, NotesAreASecondLine) {
  ImportDiagnostic diagnostic{ErrorKind::Unsupported, "m.onnx:/a [#0 Foo]",
                              "unsupported operator Foo", "use Bar"};
  EXPECT_EQ(diagnostic.format(),
            "m.onnx:/a [#0 Foo]: error: unsupported operator Foo\n"
            "m.onnx:/a [#0 Foo]: note: use Bar\n");
}

TEST(ImportONNXTest, MalformedOutweighsUnsupported) {
  ImportResult result;
  result.diagnostics.push_back({ErrorKind::Unsupported, "", "", ""});
  EXPECT_EQ(result.kind(), ErrorKind::Unsupported);
  result.diagnostics.push_back({ErrorKind::MalformedInput, "", "", ""});
  EXPECT_EQ(result.kind(), ErrorKind::MalformedInput);
}
