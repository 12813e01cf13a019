export const ENTITY_WORDS = {
  name: "名称", division_code: "区划代码", industry: "行业", credit_code: "统一社会信用代码", grade: "绩效等级", list_types: "所在名单", park: "园区", permit_no: "排污许可证号",
  longitude: "经度", latitude: "纬度", contacts: "联系方式（JSON）", enterprise_id: "企业编号", kind: "类型", outlet: "排口属性", process: "工艺", existing: "现有源",
  special_region: "执行特别排放限值", commitment: "承诺", city_code: "城市代码", conditions: "适用条件", source_id: "监测点编号", protocol: "协议", record_kind: "记录类型",
  password: "密码（不填则不变）", real_time_interval_seconds: "实时间隔（秒）", minute_interval_minutes: "分钟数据间隔（分）", sends_hours: "上报小时数据",
  period_labelled_by_end: "时段以结束时刻标注", factor_codes: "因子编码对照（JSON）", units: "单位（JSON）", period_label: "时段标注", terminal_chip: "终端芯片编号（备案）", terminal_key: "芯片公钥（128位十六进制）", factor: "因子编码", value: "限值",
  reference_oxygen_percent: "基准氧含量（%）", basis: "依据类别", clause: "标准与条款", averaging: "时段", start_ms: "开始", end_ms: "结束", reason: "理由", webhook_url: "回调地址",
  webhook_secret_name: "回调密钥名", event_kinds: "接收的事件", team_id: "队伍编号", shifts: "班次（JSON）", product: "产品", capacity: "产能", capacity_unit: "产能单位",
  interruptible: "可中断", warm_up_hours: "启动小时数", process_id: "工序编号", technique: "工艺", vendor: "厂商", simple: "简易低效", plate: "号牌", fuel: "燃料", stage: "排放阶段",
  environmental_code: "环保登记编码", machine_type: "机械类型", place: "位置", seal_no: "铅封号", sealed_ms: "铅封时间", flow_source_id: "流量监测点", issued_by: "核发机关",
  expires_ms: "有效期至", duty: "职责", phone: "电话", parent_code: "上级代码", successor_code: "后继代码", rule_id: "规则", owner: "负责人", measure: "措施", allowed_share: "允许比例",
  base_version: "目录版本", number: "序号", values: "参数（JSON）", from_ms: "开始", to_ms: "结束", replay_id: "回放编号", replay_sha256: "回放摘要",
  model: "厂商型号", serial_no: "出厂编号", measures: "测量项目", calibrated_ms: "校准日期", calibration_due_ms: "校准到期", certificate_no: "校准证书号",
  warning_id: "预警编号", level: "级别", declared_ms: "申报时间",
};

export const VALUE_WORDS = {
  outlet: "排口", station: "空气站", vehicle: "车辆", meter: "电表", gate: "门禁", device: "设备", hj212: "HJ 212", records: "记录", national: "国家标准", local: "地方标准",
  permit: "排污许可", plan: "攻坚方案", "ultra-low": "超低排放", hour: "小时", day: "日", spot: "瞬时", stopped: "停运", "start-up": "启动", shutdown: "停机", fault: "故障",
  calibration: "校准", maintenance: "维护", yellow: "黄色", orange: "橙色", red: "红色", limit: "限产", stop: "停产", leading: "引领性", "non-leading": "非引领性", ungraded: "未参评", start: "开始", end: "结束", dust: "扬尘", dustfall: "降尘", fire: "卫星火点", "power-meter": "用电",
  diesel: "柴油", petrol: "汽油", gas: "燃气", electric: "电动", hybrid: "混动", hydrogen: "氢", "key-pollutant": "重点排污单位", positive: "正面清单", guarantee: "保障类", small: "小微",
};
