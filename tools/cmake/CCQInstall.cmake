# What outside projects find: the CMake package CCQ, and the pkg-config modules
# ccq-runtime and ccq-compiler. The libraries and headers themselves are
# installed by ccq_add_c_library. Nothing names the place of installation, so
# the installed tree can be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/CCQ)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/CCQConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/CCQConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/package/CCQConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/package/CCQConfig.cmake
  ${CMAKE_BINARY_DIR}/package/CCQConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT Libraries)
install(EXPORT CCQTargets NAMESPACE CCQ:: DESTINATION ${package_dir}
  COMPONENT Libraries)

# ccq_install_pkgconfig(NAME LIBRARY DESCRIPTION)
function(ccq_install_pkgconfig CCQ_PKGCONFIG_NAME CCQ_PKGCONFIG_LIBRARY
    CCQ_PKGCONFIG_DESCRIPTION)
  set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH CCQ_PREFIX_FROM_PKGCONFIG /prefix/${pkgconfig_dir} /prefix)
  string(REGEX REPLACE "/$" "" CCQ_PREFIX_FROM_PKGCONFIG
    "${CCQ_PREFIX_FROM_PKGCONFIG}")
  configure_file(${CMAKE_SOURCE_DIR}/tools/cmake/pkgconfig.pc.in
    ${CMAKE_BINARY_DIR}/package/${CCQ_PKGCONFIG_NAME}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/package/${CCQ_PKGCONFIG_NAME}.pc
    DESTINATION ${pkgconfig_dir} COMPONENT Libraries)
endfunction()

ccq_install_pkgconfig(ccq-runtime ccq_runtime "Runs CCQ artifacts")
ccq_install_pkgconfig(ccq-compiler ccq_compiler "Builds CCQ artifacts")
