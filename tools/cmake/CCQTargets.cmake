# Target constructors that carry CCQ's two layering rules:
#  - a core library sees the C++ standard library and other core libraries, and
#    has no LLVM include path at all;
#  - an MLIR-line library sees the MLIR and LLVM headers and links the two
#    dylibs (mixing them with static archives duplicates TypeIDs).

# GCC 12 reports std::variant moves and string concatenation falsely (PR105329,
# PR105593).
set(CCQ_CXX_WARNINGS -Wall -Wextra -Wno-unused-parameter
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# Three quarters of the time a file of the MLIR line takes are MLIR's own
# headers; one precompiled set serves all libraries. OFF shows a file that lacks
# an include of its own.
option(CCQ_PRECOMPILED_HEADERS "Precompile the headers of MLIR" ON)

# GCC: lets ccache see which precompiled headers a file uses.
set(CCQ_PRECOMPILED_OPTIONS
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)

# ccq_add_core_library(NAME SOURCES a.cpp ... [LINK lib ...])
function(ccq_add_core_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>)
  # Contraction changes the decoded values; an intended FMA is std::fma.
  target_compile_options(${name} PRIVATE ${CCQ_CXX_WARNINGS} -fno-exceptions
    -ffp-contract=off)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE Threads::Threads)
endfunction()

# The library whose precompiled headers those of the MLIR line use: no source
# but the stub that a library must have.
function(ccq_add_precompiled_headers)
  set(stub ${CMAKE_BINARY_DIR}/CCQPrecompiledHeaders.cpp)
  file(CONFIGURE OUTPUT ${stub} CONTENT "// Carries the precompiled headers.\n")
  add_library(CCQPrecompiledHeaders OBJECT ${stub})
  target_include_directories(CCQPrecompiledHeaders SYSTEM PRIVATE
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_options(CCQPrecompiledHeaders PRIVATE ${CCQ_CXX_WARNINGS}
    -fno-exceptions -ffp-contract=off ${CCQ_PRECOMPILED_OPTIONS})
  target_precompile_headers(CCQPrecompiledHeaders PRIVATE
    <mlir/Dialect/Affine/IR/AffineOps.h>
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/Linalg/IR/Linalg.h>
    <mlir/Dialect/Math/IR/Math.h>
    <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h>
    <mlir/Dialect/Tensor/IR/Tensor.h>
    <mlir/Dialect/Vector/IR/VectorOps.h>
    <mlir/IR/PatternMatch.h>
    <mlir/Pass/Pass.h>
    <mlir/Transforms/GreedyPatternRewriteDriver.h>)
endfunction()

if(CCQ_PRECOMPILED_HEADERS)
  ccq_add_precompiled_headers()
endif()

# ccq_add_mlir_library(NAME SOURCES a.cpp ... [LINK lib ...] [DEPENDS target ...])
function(ccq_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>)
  target_include_directories(${name} SYSTEM PUBLIC
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE ${CCQ_CXX_WARNINGS} -fno-exceptions
    -ffp-contract=off)
  if(CCQ_PRECOMPILED_HEADERS)
    target_precompile_headers(${name} REUSE_FROM CCQPrecompiledHeaders)
    target_compile_options(${name} PRIVATE ${CCQ_PRECOMPILED_OPTIONS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# Installed programs find the runtime beside them.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

# ccq_add_tool(NAME SOURCES a.cpp ... LINK lib ... [MLIR])
# MLIR gives the tool's own sources the MLIR headers.
function(ccq_add_tool name)
  cmake_parse_arguments(ARG "MLIR" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${CCQ_CXX_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# ccq_add_c_library(NAME OUTPUT SOURCES a.cpp ... HEADERS Name.h ... LINK lib ...)
# A shared library libOUTPUT.so that exports the functions that exports.map
# beside it lists, and nothing else. HEADERS are below include/ccq-c. Outside
# projects know the target as CCQ::OUTPUT.
function(ccq_add_c_library name output)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINK" ${ARGN})
  set(exports ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
  list(TRANSFORM ARG_HEADERS PREPEND ${CMAKE_SOURCE_DIR}/include/ccq-c/)
  add_library(${name} SHARED ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${CCQ_CXX_WARNINGS} -fno-exceptions)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # The link interface is empty: what is linked is inside.
  target_link_libraries(${name} PRIVATE ${ARG_LINK} Threads::Threads)
  target_link_options(${name} PRIVATE -Wl,--version-script=${exports}
    -Wl,--no-undefined)
  set_target_properties(${name} PROPERTIES
    LINK_DEPENDS ${exports}
    OUTPUT_NAME ${output}
    EXPORT_NAME ${output}
    INSTALL_RPATH ""
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}
    PUBLIC_HEADER "${ARG_HEADERS}")
  install(TARGETS ${name} EXPORT CCQTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Libraries
      NAMELINK_COMPONENT Libraries
    PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ccq-c
      COMPONENT Libraries)
endfunction()
